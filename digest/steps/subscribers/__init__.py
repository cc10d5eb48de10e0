"""The list of subscribers: import, subscribe, unsubscribe, change, bounce, erase."""
