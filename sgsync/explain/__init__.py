"""Why an episode is in the application, or is not: the one reason, and everything that it rests on."""
