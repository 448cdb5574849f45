"""How a sales database comes from one version to the next: alembic's `env`, and a file per version in `versions`."""
