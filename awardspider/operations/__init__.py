"""Operations: the supervisor, deployment to Scrapyd, the schedule, monitors, the doctor, retention and backups."""
