import pg from 'pg'

/** Drops everything that is in a database, all at once or not at all; the database itself and its roles stay. */
export async function emptyDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'stoa empty' })
  await client.connect()
  try {
    await client.query(`
      do $$ declare s text; begin
        for s in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
          execute format('drop schema %I cascade', s);
        end loop;
        create schema public;
        grant usage on schema public to public;
      end $$`)
  } finally {
    await client.end()
  }
}
