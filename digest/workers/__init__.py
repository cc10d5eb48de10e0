"""Work in other processes: how they are started, and a pool of them with deadlines and a memory limit."""
