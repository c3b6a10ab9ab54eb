"""Azure subscriptions: storage, keys, networks, records, rights, defences."""
