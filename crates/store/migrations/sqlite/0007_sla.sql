-- Service levels: policies, and the clocks of tickets in the order of their next mark. Work that recurs.

-- Finds the jobs of a kind that begin again.
CREATE INDEX jobs_ended ON jobs (kind, run_at) WHERE state IN ('DONE', 'DEAD');
