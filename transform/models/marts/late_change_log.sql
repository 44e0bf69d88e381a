{{ config(materialized='view') }}
select
    server_id,
    id,
    business_date,
    department_id,
    metric,
    old_value,
    new_value,
    difference,
    noticed_at,
    noticed_at::date - business_date as days_late,
    old_value is null and new_value is null as has_no_value
from {{ source('iiko', 'late_changes') }}
