"""The Prefect flows: names, schedules, retries and artifacts. All else is in `digest`, which runs without Prefect."""
