"""What a run costs, beside what it cannot cost less and what it would cost the ordinary way: `make bench`."""
