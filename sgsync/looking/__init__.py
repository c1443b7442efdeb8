"""Looking at the feed: what SpeedGaming says, and what an import would make of it. No database."""
