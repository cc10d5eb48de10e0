"""Reading many posts in worker processes, with a deadline and a memory limit each."""
