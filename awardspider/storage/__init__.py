"""What we know, kept: tables, migrations, raw answers, and the queries that everyone else uses."""
