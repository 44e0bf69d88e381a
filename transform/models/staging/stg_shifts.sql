-- Planned shifts.
select
    server_id,
    business_date,
    department_id,
    employee_id,
    extract(epoch from date_to - date_from) / 3600 - coalesce(non_paid_minutes, 0) / 60.0 as hours
from {{ if_loaded('schedules', {
    'server_id': 'text', 'business_date': 'date', 'department_id': 'uuid', 'employee_id': 'uuid',
    'date_from': 'timestamp', 'date_to': 'timestamp', 'non_paid_minutes': 'bigint',
}) }} as shift
