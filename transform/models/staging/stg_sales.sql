-- Dishes by day, of what iikoOffice shows.
select
    server_id,
    business_date,
    department_id,
    dish_id,
    dish_name,
    dish_amount,
    dish_discount_sum,
    product_cost
from {{ source('iiko', 'current_sales') }}
where order_deleted = 'NOT_DELETED' and deleted_with_writeoff = 'NOT_DELETED'
