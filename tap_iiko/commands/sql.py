"""``tap-iiko --sql views|prune``: the SQL that makes the tables readable, written from the schemas."""

from __future__ import annotations

import os
import typing as t

import click

from tap_iiko import tables
from tap_iiko.settings.report_tables import tables_of
from tap_iiko.tables import describe

if t.TYPE_CHECKING:
    from tap_iiko.tables import Table

KEPT_DAYS = 90  # of sync_log and of what is proved; docs/operation names it
NOTHING = "nothing"
COUNTERAGENT: t.Final = {
    "deleted": "boolean",
    "code": "text",
    "name": "text",
    "supplier": "boolean",
    "employee": "boolean",
    "client": "boolean",
    "represents_store": "boolean",
    "represented_store_id": "uuid",
}
"""Columns of employees and suppliers, as PostgreSQL has them, that say who a counteragent is."""
RECEIPT = "receipt_id"  # what lines and payments are joined to their receipts by

OWN_REPORTS = """\
-- The tables of your own reports are in no schema file: they have that name and these columns.
create or replace function pg_temp.own_reports() returns setof text language sql as $$
    select relname::text
    from pg_class c
    join pg_namespace n on n.oid = relnamespace and nspname = current_schema()
    where relkind = 'r' and starts_with(relname, 'report_') and (
        select count(*) from pg_attribute
        where attrelid = c.oid and attname in ('server_id', 'id', 'business_date', 'synced_at') and not attisdropped
    ) = 4
    order by relname
$$;"""
# Earlier versions loaded parts without their parent, or without the column that names it; the next load brings both.
ITEMS = """\
        select name, replaced, parent, parent_id
        from (values
{tables}
        ) as tables (name, replaced, parent, parent_id)
        where to_regclass(name) is not null and (parent is null or to_regclass(parent) is not null and exists (
            select from pg_attribute where attrelid = to_regclass(name) and attname = parent_id and not attisdropped
        ))
        union all
        select name, 'day', null, null from pg_temp.own_reports() as own (name)"""

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

{own}

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
    item record;
    partition text;
    -- of tables that are not there; names and types of the view's columns
    broken text := 'select null::text as server_id, null::text as table_name, null::date as business_date,
        null::bigint as logged_rows, null::bigint as current_rows, null::timestamp as synced_at where false';
begin
    -- what one load replaces: the whole table of a server, or a day of it, or nothing; and of a part the table that its
    -- rows belong to, with the column that names the row
    for item in
{items}
    loop
        -- Two loads may arrive in the wrong order: a target that was behind, a second machine, a file sent again.
        if not exists (select from pg_trigger where tgrelid = to_regclass(item.name) and tgname = 'keep_newer_row') then
            execute format(
                'create trigger keep_newer_row before update on %I
                 for each row when (new.synced_at < old.synced_at) execute function keep_newer_row()',
                item.name
            );
        end if;

        continue when item.replaced = 'nothing';
        partition := case item.replaced
            when 'day' then 'l.business_date = t.business_date' else 'l.business_date is null'
        end;

        if item.parent is not null then
            -- A line belongs to its document, whichever day that has moved to.
            execute format(
                'create or replace view %I as
                 select t.*
                 from %I t
                 join %I p on p.server_id = t.server_id and p.id = t.%I and t.synced_at >= p.synced_at',
                'current_' || item.name, item.name, 'current_' || item.parent, item.parent_id
            );
        else
            -- A row is gone at the source when its partition was loaded well after the row was read. In this form
            -- PostgreSQL asks the log once for each partition that a query meets, however long the log is; and it takes
            -- `is not true` to leave most rows, and `>=` to leave few, which spoils its plans for joins.
            execute format(
                'create or replace view %I as
                 select t.*
                 from %I t
                 left join lateral (
                     select l.synced_at
                     from sync_log l
                     where l.stream = %L and l.server_id = t.server_id and %s and l.status in (''loaded'', ''empty'')
                     order by l.synced_at desc
                     limit 1
                 ) l on true
                 where (t.synced_at < l.synced_at) is not true',
                'current_' || item.name, item.name, item.name, partition
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
            item.name, case when item.parent is null then item.name else 'current_' || item.name end,
            partition, item.name
        );
    end loop;
    execute 'create or replace view broken_partitions as ' || broken;
end $$;

-- Whoever a document or a posting may name, each once, with the flags of both lists: iiko has no list of them.
do $$
declare
    list text;
    lists text[] := '{{}}';
begin
    foreach list in array array['current_employees', 'current_suppliers'] loop
        continue when to_regclass(list) is null;
        lists := lists || (
            select format('select server_id, id, synced_at, %s from %I', string_agg(format(
                case when is_there then '%2$I' else 'null::%1$s as %2$I' end, kind, name  -- it may not be selected
            ), ', '), list)
            from (values
{counteragents}
            ) as wanted (name, kind)
            cross join lateral (select exists (
                select from pg_attribute where attrelid = to_regclass(list) and attname = name and not attisdropped
            ) as is_there) as columns
        );
    end loop;
    if lists <> '{{}}' then
        execute format(
            'create or replace view counteragents as
             select distinct on (server_id, id)
                 server_id, id, deleted, code, name, bool_or(supplier) over one as supplier,
                 bool_or(employee) over one as employee, bool_or(client) over one as client,
                 bool_or(represents_store) over one as represents_store, represented_store_id
             from (%s) as both_lists
             window one as (partition by server_id, id)
             order by server_id, id, represented_store_id is null, synced_at desc',
            array_to_string(lists, ' union all ')
        );
        comment on view counteragents is
            'Current employees and suppliers, each once: whom documents and postings name. Guests cannot be listed.';
    end if;
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
-- The indexes, each made while loads go on; one that an interrupted `make views` left unfinished is made anew.
-- \\gexec is psql's, and runs what the query answers. In another program: run the query, then its answer, line by line.
select
    case when not i.indisvalid then format('drop index concurrently %I', name) end,
    format('create index concurrently %I on %I (%s)%s', name, table_name, columns, condition)
from (
    select * from (values
{indexes}
    ) as indexes (name, table_name, columns, condition)
    union all
    select name || '_by_day', name, 'business_date, server_id', null from pg_temp.own_reports() as own (name)
) as indexes
left join pg_index i on i.indexrelid = to_regclass(name)
where to_regclass(table_name) is not null and i.indisvalid is distinct from true and not exists (
    select from unnest(string_to_array(columns, ', ')) as wanted  -- a column may not be selected
    where not exists (
        select from pg_attribute where attrelid = to_regclass(table_name) and attname = wanted and not attisdropped
    )
)
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
-- It looks at the partitions that were loaded since the last time: the table pruned_loads remembers where it has been.
-- To look everywhere again: drop table pruned_loads.
-- Of sync_log it keeps the last good load of each partition and all of the last {days} days; of
-- reconciliation and checks as many days of what was proved, and all that was not.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql
-- Written by: tap-iiko --sql prune

do $$
begin
    if to_regclass('broken_partitions') is null then
        raise exception 'There are no views in the schema %: apply them first (make views).', current_schema();
    end if;
    if to_regclass('pruned_loads') is null then
        create table pruned_loads (
            stream text, server_id text, business_date date, synced_at timestamp, loads bigint
        );
        comment on table pruned_loads is
            'Where prune has been: of each partition the last good load, and how many good loads sync_log has.';
    end if;
end $$;

{own}

create or replace function pg_temp.prune()
returns table (table_name text, removed_rows bigint, left_partitions bigint)
language plpgsql set jit = off as $$
declare
    kept_since constant timestamp := now() at time zone 'UTC' - interval '{days} days';
    item record;
    log_rows bigint;
    unlogged_rows bigint;
begin
    create temp table items on commit drop as
    select
        row_number() over () as place,
        tables.*,
        case replaced
            when 'day' then 'l.business_date = %1$s.business_date' else 'l.business_date is null'
        end as partition,
        0::bigint as removed
    from (
{items}
    ) as tables;

    create temp table last_good on commit drop as
    select stream, server_id, business_date, max(synced_at) as synced_at, count(*) as loads,
        greatest(1, count(*) filter (where synced_at >= kept_since)) as kept_loads
    from sync_log
    where status in ('loaded', 'empty')
    group by stream, server_id, business_date;

    -- A load that arrives late makes no later one, but one more.
    create temp table looked_at on commit drop as
    select n.*, s.rows, false as is_broken
    from (
        select stream, server_id, business_date, synced_at, loads from last_good
        except
        select stream, server_id, business_date, synced_at, loads from pruned_loads
    ) n
    join sync_log s on s.server_id = n.server_id and s.stream = n.stream and s.synced_at = n.synced_at
        and s.business_date is not distinct from n.business_date and s.status in ('loaded', 'empty');
    analyze looked_at;

    for item in select * from items order by place loop
        if to_regclass('current_' || item.name) is null then
            raise exception 'There is a new table %, and no view current_%: apply the views again (make views).',
                item.name, item.name;
        end if;
        execute format(
            'update looked_at b set is_broken = true
             from (
                 select l.server_id, l.business_date, count(t.id) as current_rows
                 from looked_at l
                 left join %I t on t.server_id = l.server_id and %s
                 where l.stream = %L
                 group by l.server_id, l.business_date
             ) f
             where b.stream = %L and b.server_id = f.server_id and b.business_date is not distinct from f.business_date
                 and coalesce(f.current_rows < b.rows, true)',
            'current_' || item.name, format(item.partition, 't'), item.name, item.name
        );
    end loop;

    delete from sync_log s
    where s.synced_at < kept_since and not exists (
        select from last_good l
        where l.stream = s.stream and l.server_id = s.server_id and l.synced_at = s.synced_at
            and l.business_date is not distinct from s.business_date and s.status in ('loaded', 'empty')
    );
    get diagnostics log_rows = row_count;

    truncate pruned_loads;
    insert into pruned_loads
    select stream, server_id, business_date, synced_at, kept_loads
    from last_good l
    where not exists (
        select from looked_at b
        where b.is_broken and b.stream = l.stream and b.server_id = l.server_id
            and b.business_date is not distinct from l.business_date
    );

    -- A day without a load in the log is left as it is: what stays of it was not proved.
    for item in select * from items where name in ({proofs}) and exists (
        select from pg_attribute where attrelid = to_regclass(name) and attname = 'proved' and not attisdropped
    ) loop
        execute format(
            'with forgotten as (
                 delete from pruned_loads l where l.stream = %1$L and l.synced_at < %2$L returning l.*
             ), gone as (
                 delete from %1$I t using forgotten l
                 where l.server_id = t.server_id and l.business_date = t.business_date
                     and (t.proved or t.synced_at < l.synced_at)
                 returning t.id
             ), unlogged as (
                 delete from sync_log s using forgotten l
                 where s.stream = l.stream and s.server_id = l.server_id and s.business_date = l.business_date
                     and s.synced_at = l.synced_at
                 returning s.id
             )
             select (select count(*) from gone), (select count(*) from unlogged)',
            item.name, kept_since
        ) into removed_rows, unlogged_rows;
        log_rows := log_rows + unlogged_rows;
        update items set removed = removed_rows where name = item.name;
    end loop;

    -- Parts before their parents: a part is found by its parent too.
    for item in select * from items order by place desc loop
        if item.parent is null then
            execute format(
                'delete from %I t using looked_at l
                 where l.stream = %L and not l.is_broken and l.server_id = t.server_id and %s
                     and t.synced_at < l.synced_at',
                item.name, item.name, format(item.partition, 't')
            );
        else
            -- Those of the partition, and those of its documents, which may have come from another day.
            execute format(
                'delete from %1$I t using (
                     select t.server_id, t.id
                     from looked_at l
                     join %1$I t on l.server_id = t.server_id and %2$s
                     where l.stream = %1$L and not l.is_broken
                     union
                     select t.server_id, t.id
                     from looked_at l
                     join %4$I d on l.server_id = d.server_id and %3$s
                     join %1$I t on t.server_id = d.server_id and t.%5$I = d.id
                     where l.stream = %1$L and not l.is_broken
                 ) c
                 where t.server_id = c.server_id and t.id = c.id and not exists (
                     select from %6$I v where v.server_id = t.server_id and v.id = t.id
                 )',
                item.name, format(item.partition, 't'), format(item.partition, 'd'),
                item.parent, item.parent_id, 'current_' || item.name
            );
        end if;
        get diagnostics removed_rows = row_count;
        update items set removed = removed + removed_rows where name = item.name;
    end loop;

    return query
        select i.name, i.removed, (select count(*) from looked_at l where l.stream = i.name and l.is_broken)
        from items i
        order by i.place;
    return query select 'sync_log', log_rows, 0::bigint;
end $$;

select * from pg_temp.prune();
"""


def statements(name: str, *, reader: str | None = None, own: t.Sequence[Table] = ()) -> str:
    """The text of ``sql/<name>.sql``.

    Args:
        name: ``views`` or ``prune``.
        reader: a role that may read all of it.
        own: the tables of a user's own reports, for their comments.
    """
    described = list(tables.catalogue().values())
    rows = [
        (table.name, _replaced(table), table.parent, table.column_of("../id") if table.parent else None)
        for table in described
    ]
    if name == "prune":
        replaced = _values(row for row in rows if row[1] != NOTHING)
        proofs = ", ".join(_literal(table.name) for table in described if "proved" in table.column_names)
        items = ITEMS.format(tables=replaced)
        return PRUNE.format(own=OWN_REPORTS, items=items, proofs=proofs, days=KEPT_DAYS)
    comments = [
        (table.name, column, words)
        for table in (*described, *own)
        for column, words in ((None, table.description), *((each.name, describe(each)) for each in table.columns))
        if words
    ]
    return VIEWS.format(
        items=ITEMS.format(tables=_values(rows)),
        own=OWN_REPORTS,
        counteragents=_values(COUNTERAGENT.items()),
        comments=_values(comments),
        grant=GRANT.format(reader=_literal(reader)) if reader else "",
        indexes=_values(_indexes(described)),
    )


def _replaced(table: Table) -> str:
    """By one load of a table."""
    return NOTHING if table.only_grows else table.replaced or table.partition


def _indexes(described: t.Iterable[Table]) -> t.Iterator[tuple[str, str, str, str | None]]:
    """The last good load of each partition, on which the views rest; days; lines of a document or an order."""
    log = "stream, server_id, business_date, synced_at"
    yield f"{tables.JOURNAL}_good_loads", tables.JOURNAL, log, " where status in ('loaded', 'empty')"
    for table in described:
        if _replaced(table) == "day":
            yield f"{table.name}_by_day", table.name, "business_date, server_id", None
        for column in (table.column_of("../id") if table.parent else None, RECEIPT):
            if column and column in table.column_names:
                yield f"{table.name}_by_{column.removesuffix('_id')}", table.name, f"server_id, {column}", None


def _values(rows: t.Iterable[t.Sequence[str | None]]) -> str:
    return ",\n".join(f"        ({', '.join(map(_literal, row))})" for row in rows)


def _literal(text: str | None) -> str:
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def run(_: t.Any, name: str, more: t.Mapping[str, t.Any]) -> int:
    """Print it.

    Returns:
        The exit code.
    """
    click.echo(statements(name, reader=more.get("--reader"), own=tables_of(os.environ)), nl=False)
    return 0
