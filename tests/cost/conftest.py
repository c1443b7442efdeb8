"""The same scenes as those of the imports: what is cheap must be right first."""

from tests.importing.conftest import make_scene, scene

__all__ = ["make_scene", "scene"]
