"""The standard as data: readers of ``dbt_project/seeds``, one module per seed or family of seeds."""
