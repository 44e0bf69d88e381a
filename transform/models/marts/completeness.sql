{#- make prune forgets proofs that agreed after 90 days. -#}
{%- set is_pruned -%}
    (
                loaded.version < now() at time zone 'UTC' - interval '90 days'
                and to_regclass('{{ source('iiko', 'pruned_loads') }}') is not null
            )
{%- endset -%}
-- Every day of every restaurant, from the first that it sold on to a week after the last, and what is known of it.
with sold as (
    select server_id, business_date, department_id from {{ ref('sales_daily') }}
),

tries as (
    select server_id, business_date, stream, status, synced_at, message
    from {{ source('iiko', 'sync_log') }}
    where stream in ('receipts', 'receipt_items', 'receipt_payments', 'sales') and business_date is not null
),

tried as (
    select server_id, max(business_date) as last_day from tries group by server_id
),

-- How many of the four tables this server loads at all.
servers as (
    select server_id, count(distinct stream) as tables from {{ ref('stg_loads') }} group by server_id
),

days as (
    select
        restaurants.server_id,
        restaurants.department_id,
        restaurants.first_day + number as business_date
    from (
        select server_id, department_id, min(business_date) as first_day, max(business_date) as last_day
        from sold
        group by server_id, department_id
    ) as restaurants
    join tried using (server_id)
    cross join generate_series(0, least(restaurants.last_day + 7, tried.last_day) - restaurants.first_day) as number
),

-- Tables of which the last attempt was no good load; of a day the newest of them.
failures as (
    select distinct on (server_id, business_date)
        server_id, business_date, synced_at, message
    from (
        select distinct on (server_id, business_date, stream)
            server_id, business_date, stream, status, synced_at, message
        from tries
        order by server_id, business_date, stream, synced_at desc
    ) as last_tries
    where status not in ('loaded', 'empty', 'unchanged')
    order by server_id, business_date, synced_at desc, stream
),

-- Of the figures that differ, revenue, else the one that differs most.
proofs as (
    select distinct on (server_id, business_date, department_id)
        server_id,
        business_date,
        department_id,
        proved,
        metric,
        probe,
        difference
    from {{ source('iiko', 'current_reconciliation') }}
    order by
        server_id, business_date, department_id, proved, metric = 'dish_discount_sum' desc, difference desc, metric
),

-- One with reconcile: off is never compared.
compared as (
    select distinct server_id from proofs
),

late as (
    select server_id, business_date, department_id, max(noticed_at) as noticed_at
    from {{ ref('late_change_log') }}
    where metric not like '% %'  -- of sales: the ledger's name an account
    group by server_id, business_date, department_id
),

known as (
    select
        days.server_id,
        days.business_date,
        days.department_id,
        case
            when coalesce(loaded.tables, 0) < servers.tables then 'missing'
            when not proofs.proved then 'differs'
            when failures.server_id is not null then 'stale'
            when not loaded.is_closed then 'open'
            when sold.server_id is null then 'silent'
            when compared.server_id is not null and proofs.server_id is null and not {{ is_pruned }} then 'unchecked'
            when late.server_id is not null then 'late'
            when compared.server_id is null then 'loaded'
            else 'proved'
        end as state,
        proofs.metric,
        proofs.probe,
        proofs.difference,
        late.noticed_at,
        failures.synced_at as failed_at,
        failures.message
    from days
    join servers using (server_id)
    left join {{ ref('stg_day_versions') }} as loaded using (server_id, business_date)
    left join failures using (server_id, business_date)
    left join compared using (server_id)
    left join sold
        on sold.server_id = days.server_id
        and sold.business_date = days.business_date
        and sold.department_id is not distinct from days.department_id
    left join proofs
        on proofs.server_id = days.server_id
        and proofs.business_date = days.business_date
        and proofs.department_id is not distinct from days.department_id
    left join late
        on late.server_id = days.server_id
        and late.business_date = days.business_date
        and late.department_id is not distinct from days.department_id
)

select
    server_id,
    business_date,
    department_id,
    state,
    case when state = 'differs' then metric end as metric,
    case when state = 'differs' then probe end as probe,
    case when state = 'differs' then difference end as difference,
    case when state in ('missing', 'stale') then failed_at when state = 'late' then noticed_at end as noticed_at,
    case when state in ('missing', 'stale') then message end as message
from known
