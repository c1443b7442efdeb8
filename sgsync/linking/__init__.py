"""Linking by hand: an administrator says which real user a placeholder is."""

from sgsync.linking.operations import find_link, link_placeholder

__all__ = ["find_link", "link_placeholder"]
