{#- A day is built again, whole, when its version is not the one in the mart; never because it is newer than the newest
    there: back-fills, late changes and full refreshes come in any order. -#}

{#- The days that a mart has not, or has in another version. For a CTE called days. -#}
{% macro days_to_build() %}
    select server_id, business_date, version
    from {{ versions_of(model.name) }} as today
    where has_rows
    {%- if is_incremental() %}
        and not exists (
            select from {{ this }} as built
            where (built.server_id, built.business_date, built.version)
                = (today.server_id, today.business_date, today.version)
        )
    {%- endif %}
{% endmacro %}

{#- What a relation has of the CTE days. The array lets PostgreSQL find a few days by the index on business_date. -#}
{% macro rows_to_build(relation) %}
    select each.*, days.version
    from {{ relation }} as each
    join days using (server_id, business_date)
    {%- if is_incremental() %}
    where each.business_date = any (array(select business_date from days))
    {%- endif %}
{% endmacro %}

{#- Orders of the CTE days: what their lines in iikoOffice's report come to, and how often they count there. -#}
{% macro orders_to_build() %}
    select
        by_order.server_id,
        by_order.business_date,
        by_order.department_id,
        by_order.receipt_id,
        by_order.revenue,
        by_order.gross_sales,
        receipts.close_time,
        case when by_order.in_report then receipts.orders_count end as orders,
        case when by_order.in_report then receipts.receipts_count end as receipts,
        by_order.version
    from (
        select
            server_id,
            business_date,
            department_id,
            version,
            receipt_id,
            bool_or(counts) as in_report,
            coalesce(sum(dish_discount_sum) filter (where counts), 0) as revenue,
            coalesce(sum(dish_sum) filter (where counts), 0) as gross_sales
        from ({{ rows_to_build(ref('stg_lines')) }}) as lines
        group by server_id, business_date, department_id, version, receipt_id
    ) as by_order
    left join ({{ rows_to_build(ref('stg_receipts')) }}) as receipts
        on receipts.server_id = by_order.server_id and receipts.receipt_id = by_order.receipt_id
{% endmacro %}

{#- dbt's delete+insert deletes days that have new rows, so one that became empty would stay; merge leaves rows that
    vanished. Both statements and the query of the model see one moment: see PGOPTIONS in meltano.yml. -#}
{% macro get_incremental_replace_days_sql(arg_dict) %}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') %}
    delete from {{ arg_dict['target_relation'] }} as built
    where not exists (
        select from {{ versions_of(model.name) }} as today
        where (today.server_id, today.business_date, today.version)
            = (built.server_id, built.business_date, built.version)
    );
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
{% endmacro %}

{#- Those marts, and what tells the versions of their days. -#}
{% macro marts_by_day() %}
    {{ return({
        'sales_daily': 'stg_day_versions',
        'sales_hourly': 'stg_day_versions',
        'payment_mix': 'stg_day_versions',
        'waiters': 'stg_day_versions',
        'ingredient_consumption': 'stg_movement_versions',
    }) }}
{% endmacro %}

{% macro versions_of(mart) %}
    {{- return(ref(marts_by_day()[mart])) }}
{% endmacro %}
