"""Who uses the desk: how people prove who they are, what each may do, and how long it holds."""
