-- Cash shifts by the business day of their receipts, which may be the day after a shift was opened. Small: written anew.
with sessions as (
    select
        server_id,
        session_id,
        mode() within group (order by business_date) as business_date,
        mode() within group (order by department_id) as department_id
    from {{ source('iiko', 'current_receipts') }}
    where session_id is not null
    group by server_id, session_id
),

places as (
    select
        points.server_id,
        points.id as point_of_sale_id,
        sets.department_id
    from {{ if_loaded('points_of_sale', {'server_id': 'text', 'id': 'uuid', 'restaurant_group_id': 'uuid'}) }} as points
    join {{ if_loaded('restaurant_groups', {'server_id': 'text', 'id': 'uuid', 'department_id': 'uuid'}) }} as sets
        on sets.server_id = points.server_id and sets.id = points.restaurant_group_id
),

differences as (
    select
        server_id,
        subject as shift_id,
        count(*) as differences
    from {{ if_loaded('checks', {'server_id': 'text', 'rule': 'text', 'subject': 'text', 'proved': 'boolean'}) }} as checks
    where rule = 'R1' and not proved
    group by server_id, subject
),

shifts as (
    select
        shifts.*,
        coalesce(shifts.operation_day, sessions.business_date, shifts.business_date) as day,
        coalesce(shifts.department_id, places.department_id, sessions.department_id) as restaurant_id,
        coalesce(differences.differences, 0) as differences
    from {{ if_loaded('cash_shifts', {
        'server_id': 'text', 'id': 'uuid', 'business_date': 'date', 'operation_day': 'date', 'department_id': 'uuid',
        'point_of_sale_id': 'uuid', 'close_date': 'timestamp', 'accept_date': 'timestamp', 'synced_at': 'timestamp',
        'pay_orders': 'numeric', 'sales_cash': 'numeric', 'sales_card': 'numeric', 'sales_credit': 'numeric',
        'sum_writeoff_orders': 'numeric', 'pay_in': 'numeric', 'pay_out': 'numeric', 'pay_income': 'numeric',
    }) }} as shifts
    left join sessions
        on sessions.server_id = shifts.server_id and sessions.session_id = shifts.id
    left join places
        on places.server_id = shifts.server_id and places.point_of_sale_id = shifts.point_of_sale_id
    left join differences
        on differences.server_id = shifts.server_id and differences.shift_id = shifts.id::text
)

select
    server_id,
    day as business_date,
    restaurant_id as department_id,
    count(*) as shifts,
    count(*) filter (where close_date is null) as open_shifts,
    count(*) filter (where close_date is not null and accept_date is null) as unaccepted_shifts,
    coalesce(sum(pay_orders), 0) as sales,
    coalesce(sum(sales_cash), 0) as cash,
    coalesce(sum(sales_card), 0) as card,
    coalesce(sum(sales_credit), 0) as without_cash,
    coalesce(sum(sum_writeoff_orders), 0) as on_the_house,
    coalesce(sum(pay_in), 0) as pay_in,
    coalesce(sum(pay_out), 0) as pay_out,
    -coalesce(sum(pay_income), 0) as collected,
    sum(differences)::bigint as differences,
    max(synced_at) as version
from shifts
group by server_id, day, restaurant_id
