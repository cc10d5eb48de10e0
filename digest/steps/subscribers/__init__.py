"""The list of subscribers: import, subscribe, unsubscribe, change, suppress after bounces, erase."""
