"""How the sync is doing: what ran, what waits for somebody, and whether anything runs at all."""
