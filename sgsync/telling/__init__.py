"""Telling others about a run: a monitor that it happened, metrics, people on Discord. All of it optional."""
