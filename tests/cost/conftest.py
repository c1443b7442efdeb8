"""The same scenes as those of the imports: what is cheap must be right first."""

from tests.cli.conftest import bare
from tests.importing.conftest import make_scene, scene

__all__ = ["bare", "make_scene", "scene"]
