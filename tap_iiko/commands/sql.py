"""``tap-iiko --sql views|prune``: the SQL that makes the tables readable, written from the schemas."""

from __future__ import annotations

import typing as t

import click

from tap_iiko import tables
from tap_iiko.tables import describe

if t.TYPE_CHECKING:
    from tap_iiko.tables import Table

KEPT_DAYS = 90  # of sync_log and of what is proved; the README names it

VIEWS = """\
-- What makes the tables readable: the views current_<table>, the rows that iiko still has; broken_partitions, the loads
-- of which rows are missing; a trigger by which a late load never overwrites a newer row; comments; indexes.
-- Apply once after the first load, and again after an update of the tap or when more tables are selected:
--     make views            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/views.sql
-- Written by: tap-iiko --sql views

do $$
begin
    if to_regclass('sync_log') is null then
        raise exception 'There is no table sync_log in the schema %: load first, with sync_log selected.',
            current_schema();
    end if;
end $$;

-- The last good load of each partition: a business day of a server, or a server's whole table.
create or replace view last_loads as
select server_id, stream, business_date, max(synced_at) as synced_at
from sync_log
where status in ('loaded', 'empty')
group by server_id, stream, business_date;

-- Runs only for an update with an older row (see below): leaves it out, the row stays as it is.
create or replace function keep_newer_row() returns trigger language plpgsql as $$
begin
    return null;
end $$;

do $$
declare
    name text;
    kind text;
    parent text;
    parent_id text;
    partition text;
    -- of tables that are not there; names and types of the view's columns
    broken text := 'select null::text as server_id, null::text as table_name, null::date as business_date,
        null::bigint as logged_rows, null::bigint as current_rows, null::timestamp as synced_at where false';
begin
    -- kind: what one load replaces, the whole table or a day; a part is current when it is as new as its parent's row;
    -- of a growing table nothing is ever gone
    for name, kind, parent, parent_id in values
{tables}
    loop
        -- not selected so far
        continue when to_regclass(name) is null or (kind = 'part' and to_regclass(parent) is null);

        -- Two loads may arrive in the wrong order: a target that was behind, a second machine, a file sent again.
        if not exists (select from pg_trigger where tgrelid = to_regclass(name) and tgname = 'keep_newer_row') then
            execute format(
                'create trigger keep_newer_row before update on %I
                 for each row when (new.synced_at < old.synced_at) execute function keep_newer_row()',
                name
            );
        end if;

        continue when kind = 'growing';
        partition := case
            when exists (
                select from pg_attribute
                where attrelid = to_regclass(name) and attname = 'business_date' and not attisdropped
            ) then 'l.business_date = t.business_date'
            else 'l.business_date is null'
        end;

        if kind = 'part' then
            execute format(
                'create or replace view %I as
                 select t.*
                 from %I t
                 join %I p on p.server_id = t.server_id and p.id = t.%I and t.synced_at >= p.synced_at',
                'current_' || name, name, 'current_' || parent, parent_id
            );
        else
            -- A row is gone at the source when its partition was loaded well after the row was read.
            execute format(
                'create or replace view %I as
                 select t.*
                 from %I t
                 left join last_loads l on l.stream = %L and l.server_id = t.server_id and %s
                 where l.synced_at is null or t.synced_at >= l.synced_at',
                'current_' || name, name, name, partition
            );
        end if;

        -- A load wrote logged_rows, and fewer of them are there: something else than the tap and iiko took them away.
        broken := broken || format(
            ' union all
             select l.server_id::text, %L, l.business_date, s.rows, count(t.id), l.synced_at
             from last_loads l
             join sync_log s on s.server_id = l.server_id and s.stream = l.stream and s.synced_at = l.synced_at
                 and s.business_date is not distinct from l.business_date and s.status in (''loaded'', ''empty'')
             left join %I t on t.server_id = l.server_id and t.synced_at >= l.synced_at and %s
             where l.stream = %L
             group by l.server_id, l.business_date, l.synced_at, s.rows
             having coalesce(count(t.id) < s.rows, true)',
            name, case when kind = 'part' then 'current_' || name else name end, partition, name
        );
    end loop;
    execute 'create or replace view broken_partitions as ' || broken;
end $$;

-- What tables, columns and views say of themselves, for whoever opens them in a tool.
do $$
declare
    each record;
    place regclass;
begin
    for each in select * from (values
{comments}
    ) as said (table_name, column_name, words)
    loop
        foreach place in array array[to_regclass(each.table_name), to_regclass('current_' || each.table_name)] loop
            continue when place is null;
            if each.column_name is null then
                execute format(
                    'comment on %s %s is %L',
                    case when (select relkind from pg_class where oid = place) = 'v' then 'view' else 'table' end,
                    place, each.words
                );
            elsif exists (
                select from pg_attribute where attrelid = place and attname = each.column_name and not attisdropped
            ) then
                execute format('comment on column %s.%I is %L', place, each.column_name, each.words);
            end if;
        end loop;
    end loop;
end $$;
{grant}
-- Indexes, each by a statement of its own: a load that is running goes on. One that was interrupted is made anew.
select statement
from (values
{indexes}
) as wanted (table_name, columns)
cross join lateral (
    select table_name || '_' || replace(columns, ', ', '_') || '_idx' as index_name
) as named
cross join lateral (
    select i.indisvalid from pg_index i where i.indexrelid = to_regclass(quote_ident(index_name))
    union all
    select null where to_regclass(quote_ident(index_name)) is null
) as found (is_valid)
cross join lateral (values
    (1, case when is_valid = false then format('drop index concurrently %I', index_name) end),
    (2, case when is_valid is distinct from true then
        format('create index concurrently %I on %I (%s)', index_name, table_name, columns) end)
) as statements (place, statement)
where to_regclass(table_name) is not null and statement is not null
order by table_name, index_name, place
\\gexec
"""

GRANT = """
-- For people and tools that only read: what is there, and what this user will make here later.
do $$
declare
    reader constant text := {reader};
begin
    execute format('grant usage on schema %I to %I', current_schema(), reader);
    execute format('grant select on all tables in schema %I to %I', current_schema(), reader);
    execute format('alter default privileges in schema %I grant select on tables to %I', current_schema(), reader);
end $$;
"""

PRUNE = """\
-- Removes for good what the views current_<table> hide: rows that iiko no longer has. One statement, all or nothing.
-- Needs sql/views.sql. Nothing is removed of a partition whose last load failed or was skipped, and nothing of one that
-- would keep fewer rows than sync_log says were loaded: those are left alone; the view broken_partitions lists them.
-- Looks only at what was loaded since it last ran; to look at everything once:  delete from last_prunes;
-- Keeps {days} days of sync_log beside what the views need, and of reconciliation beside what is not proved.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql
-- Written by: tap-iiko --sql prune

create table if not exists last_prunes (server_id text primary key, synced_at timestamp);

create or replace function pg_temp.prune()
returns table (table_name text, removed_rows bigint, left_partitions bigint)
language plpgsql as $$
declare
    kind text;
    parent text;
    partition text;
    oldest constant timestamp := (now() at time zone 'utc') - interval '{days} days';
    seen constant jsonb := (select jsonb_object_agg(server_id, max) from (
        select server_id, max(synced_at) from sync_log group by server_id
    ) as last);
begin
    for table_name, kind, parent in values
{tables}
    loop
        continue when to_regclass(table_name) is null or to_regclass('current_' || table_name) is null;
        partition := case
            when exists (
                select from pg_attribute
                where attrelid = to_regclass(table_name) and attname = 'business_date' and not attisdropped
            ) then 'l.business_date = t.business_date'
            else 'l.business_date is null'
        end;
        execute format(
            'with loaded as materialized (
                 select l.server_id, l.business_date, l.synced_at, s.rows
                 from last_loads l
                 join sync_log s on s.server_id = l.server_id and s.stream = l.stream and s.synced_at = l.synced_at
                     and s.business_date is not distinct from l.business_date and s.status in (''loaded'', ''empty'')
                 left join last_prunes p on p.server_id = l.server_id
                 where l.stream = %L and (p.synced_at is null or l.synced_at > p.synced_at)
             ),
             counted as materialized (
                 select l.server_id, l.business_date, l.synced_at,
                     coalesce(count(t.id) >= l.rows, false) as is_whole
                 from loaded l
                 left join %I t on t.server_id = l.server_id and t.synced_at >= l.synced_at and %s
                 group by l.server_id, l.business_date, l.synced_at, l.rows
             ),
             gone as (
                 delete from %I t using counted l
                 where l.is_whole and l.server_id = t.server_id and %s and %s
                 returning 1
             )
             select (select count(*) from gone), (select count(*) from counted where not is_whole)',
            table_name,
            case when kind = 'part' then 'current_' || table_name else table_name end, partition,
            table_name, partition,
            case
                when kind = 'part' then format(
                    'not exists (select from %I c where c.server_id = t.server_id and c.id = t.id)',
                    'current_' || table_name
                )
                else 't.synced_at < l.synced_at'
            end
        ) into removed_rows, left_partitions;
        return next;
    end loop;

    left_partitions := 0;
    if to_regclass('reconciliation') is not null then
        table_name := 'reconciliation, proved long ago';
        with old as materialized (
            select l.server_id, l.business_date from last_loads l
            where l.stream = 'reconciliation' and l.synced_at < oldest
                and not exists (
                    select from reconciliation r
                    where r.server_id = l.server_id and r.business_date = l.business_date and not r.proved
                )
        ),
        rows_gone as (
            delete from reconciliation r using old o
            where r.server_id = o.server_id and r.business_date = o.business_date returning 1
        ),
        loads_gone as (
            delete from sync_log s using old o
            where s.stream = 'reconciliation' and s.server_id = o.server_id and s.business_date = o.business_date
        )
        select count(*) from rows_gone into removed_rows;
        return next;
    end if;

    table_name := 'sync_log, old';
    delete from sync_log s
    where s.synced_at < oldest
        and not exists (
            select from last_loads l
            where l.stream = s.stream and l.server_id = s.server_id and l.synced_at = s.synced_at
                and l.business_date is not distinct from s.business_date
        );
    get diagnostics removed_rows = row_count;
    return next;

    insert into last_prunes as p
    select key, value::timestamp from jsonb_each_text(coalesce(seen, '{{}}'))
    on conflict (server_id) do update set synced_at = greatest(p.synced_at, excluded.synced_at);
end $$;

select * from pg_temp.prune();
"""


def statements(name: str, *, reader: str | None = None) -> str:
    """The text of ``sql/<name>.sql``.

    Args:
        name: ``views`` or ``prune``.
        reader: a role that may read all of it.
    """
    described = list(tables.catalogue().values())
    if name == "prune":
        kept = [(table.name, _kind(table), table.parent) for table in described if _kind(table) != "growing"]
        return PRUNE.format(tables=_values(kept), days=KEPT_DAYS)
    rows = [(table.name, _kind(table), table.parent, table.parent and table.column_of("../id")) for table in described]
    comments = [
        (table.name, column, words)
        for table in described
        for column, words in ((None, table.description), *((each.name, describe(each)) for each in table.columns))
        if words
    ]
    return VIEWS.format(
        tables=_values(rows),
        comments=_values(comments),
        grant=GRANT.format(reader=_literal(reader)) if reader else "",
        indexes=_values(_indexes(described)),
    )


def _kind(table: Table) -> str:
    if table.parent:
        return "part"
    return "growing" if table.only_grows else table.replaced or table.partition


def _indexes(described: t.Iterable[Table]) -> t.Iterator[tuple[str, str]]:
    """Days of some servers, lines of a document or an order, and the last load of each partition."""
    for table in described:
        names = set(table.column_names)
        if "business_date" in names and table.name != tables.JOURNAL:
            yield table.name, "business_date, server_id"
        for column in [table.column_of("../id")] if table.parent else []:
            yield table.name, f"server_id, {column}"
        if "receipt_id" in names:
            yield table.name, "server_id, receipt_id"
    yield tables.JOURNAL, "stream, server_id, business_date, synced_at"


def _values(rows: t.Iterable[t.Sequence[str | None]]) -> str:
    return ",\n".join(f"        ({', '.join(map(_literal, row))})" for row in rows)


def _literal(text: str | None) -> str:
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def run(_: t.Any, name: str, reader: str | None) -> int:
    """Print it.

    Returns:
        The exit code.
    """
    click.echo(statements(name, reader=reader), nl=False)
    return 0
