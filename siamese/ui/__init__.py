"""The page: `page` lays it out, with one module a tab; `components` and `answers` are what the tabs share.

`serving` decides which model answers, `worker_pool` answers many visitors at once; `static/` is what the browser runs.
"""
