"""What users add and no crawl can bring back: notes.db, beside crawl.db and as precious.

Groups of own sites, review states, imported claims and traffic live here. Each module owns its tables and the
statements on them; :mod:`.database` opens the file. Nothing here knows the index or the network.
"""
