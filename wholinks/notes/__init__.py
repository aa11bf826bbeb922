"""What users add and no crawl can bring back: notes.db, beside crawl.db and as precious.

It holds groups of own sites, review states, imported claims, organic traffic, and what watches saw last. Each module
owns its rows and the statements on them; :mod:`.database` has the tables and opens the file. Nothing here knows the
index or the network.
"""
