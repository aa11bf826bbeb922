"""What campaigns brought, and what links have to do with traffic."""
