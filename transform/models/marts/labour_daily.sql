-- Written anew each time: it is small, and an attendance may stay open for years. Hours are where somebody worked, pay is
-- where it is an expense.
with figures as (
    select
        server_id,
        business_date,
        department_id,
        count(distinct employee_id) as people,
        count(*) as attendances,
        count(*) filter (where is_open) as open_attendances,
        sum(hours) as hours,
        sum(overtime_hours) as overtime_hours,
        0 as regular_pay,
        0 as overtime_pay,
        0 as other_pay,
        0 as planned_people,
        0 as planned_hours
    from {{ ref('stg_attendances') }}
    where is_work
    group by server_id, business_date, department_id
    union all
    select
        server_id, business_date, paying_department_id, 0, 0, 0, 0, 0, sum(regular_pay), sum(overtime_pay), sum(other_pay), 0, 0
    from {{ ref('stg_attendances') }}
    group by server_id, business_date, paying_department_id
    union all
    select
        server_id, business_date, department_id, 0, 0, 0, 0, 0, 0, 0, 0, count(distinct employee_id), sum(hours)
    from {{ ref('stg_shifts') }}
    group by server_id, business_date, department_id
)

select
    server_id,
    business_date,
    department_id,
    sum(people)::bigint as people,
    sum(attendances)::bigint as attendances,
    sum(open_attendances)::bigint as open_attendances,
    sum(hours) as hours,
    sum(overtime_hours) as overtime_hours,
    sum(regular_pay) as regular_pay,
    sum(overtime_pay) as overtime_pay,
    sum(other_pay) as other_pay,
    sum(regular_pay + overtime_pay + other_pay) as pay,
    sum(planned_people)::bigint as planned_people,
    sum(planned_hours) as planned_hours
from figures
group by server_id, business_date, department_id
