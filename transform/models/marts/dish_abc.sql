{%- set letters = {'abc_quantity': 'quantity', 'abc_revenue': 'revenue', 'abc_margin': 'margin'} -%}
with periods as (
    select server_id, max(business_date) as period_end
    from {{ ref('stg_day_versions') }}
    where is_closed
    group by server_id
),

dishes as (
    select
        sales.server_id,
        sales.department_id,
        sales.dish_id,
        max(sales.dish_name) as name_of_then,
        periods.period_end,
        min(sales.business_date) as first_sold,
        max(sales.business_date) as last_sold,
        coalesce(sum(sales.dish_amount), 0) as quantity,
        coalesce(sum(sales.dish_discount_sum), 0) as revenue,
        coalesce(sum(sales.product_cost), 0) as cost,
        coalesce(sum(sales.dish_discount_sum), 0) - coalesce(sum(sales.product_cost), 0) as margin
    from {{ ref('stg_sales') }} as sales
    join periods using (server_id)
    where sales.business_date between periods.period_end - {{ var('abc_days') - 1 }} and periods.period_end
    group by sales.server_id, sales.department_id, sales.dish_id, periods.period_end
),

-- What all dishes brought, and what those before this one did; a dish that brought nothing or less takes no part.
ranked as (
    select
        *
        {%- for measure in letters.values() %},
        sum(greatest({{ measure }}, 0)) over (partition by server_id, department_id) as {{ measure }}_of_all,
        sum(greatest({{ measure }}, 0)) over (
            partition by server_id, department_id order by {{ measure }} desc, dish_id
            rows between unbounded preceding and current row
        ) - greatest({{ measure }}, 0) as {{ measure }}_before
        {%- endfor %}
    from dishes
)

select
    ranked.server_id,
    ranked.department_id,
    ranked.dish_id,
    coalesce(products.name, ranked.name_of_then) as dish,
    ranked.period_end,
    ranked.first_sold,
    ranked.last_sold,
    ranked.quantity,
    ranked.revenue,
    ranked.cost,
    ranked.margin
    {%- for letter, measure in letters.items() %},
    case
        when ranked.{{ measure }} <= 0 then 'C'
        when ranked.{{ measure }}_before < 0.80 * ranked.{{ measure }}_of_all then 'A'
        when ranked.{{ measure }}_before < 0.95 * ranked.{{ measure }}_of_all then 'B'
        else 'C'
    end as {{ letter }}
    {%- endfor %}
from ranked
left join {{ source('iiko', 'current_products') }} as products
    on products.server_id = ranked.server_id and products.id = ranked.dish_id
