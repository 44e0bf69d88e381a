-- Removes for good what the views current_<table> hide: rows that iiko no longer has. One statement, all or nothing.
-- Needs sql/views.sql. Nothing is removed of a partition whose last load failed or was skipped.
--     make prune            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/prune.sql

with
gone_servers as (
    delete from servers t using last_loads l
    where l.stream = 'servers' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_departments as (
    delete from departments t using last_loads l
    where l.stream = 'departments' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_stores as (
    delete from stores t using last_loads l
    where l.stream = 'stores' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_product_groups as (
    delete from product_groups t using last_loads l
    where l.stream = 'product_groups' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_products as (
    delete from products t using last_loads l
    where l.stream = 'products' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_product_modifiers as (
    delete from product_modifiers t using last_loads l
    where l.stream = 'product_modifiers' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_categories as (
    delete from categories t using last_loads l
    where l.stream = 'categories' and l.server_id = t.server_id and l.business_date is null and t.synced_at < l.synced_at
    returning 1
),
gone_receipts as (
    delete from receipts t using last_loads l
    where l.stream = 'receipts' and l.server_id = t.server_id and l.business_date = t.business_date and t.synced_at < l.synced_at
    returning 1
),
gone_receipt_items as (
    delete from receipt_items t using last_loads l
    where l.stream = 'receipt_items' and l.server_id = t.server_id and l.business_date = t.business_date and t.synced_at < l.synced_at
    returning 1
),
gone_receipt_payments as (
    delete from receipt_payments t using last_loads l
    where l.stream = 'receipt_payments' and l.server_id = t.server_id and l.business_date = t.business_date and t.synced_at < l.synced_at
    returning 1
),
gone_sales as (
    delete from sales t using last_loads l
    where l.stream = 'sales' and l.server_id = t.server_id and l.business_date = t.business_date and t.synced_at < l.synced_at
    returning 1
),
gone_reconciliation as (
    delete from reconciliation t using last_loads l
    where l.stream = 'reconciliation' and l.server_id = t.server_id and l.business_date = t.business_date and t.synced_at < l.synced_at
    returning 1
)
select 'servers' as table_name, count(*) as removed_rows from gone_servers
union all
select 'departments' as table_name, count(*) as removed_rows from gone_departments
union all
select 'stores' as table_name, count(*) as removed_rows from gone_stores
union all
select 'product_groups' as table_name, count(*) as removed_rows from gone_product_groups
union all
select 'products' as table_name, count(*) as removed_rows from gone_products
union all
select 'product_modifiers' as table_name, count(*) as removed_rows from gone_product_modifiers
union all
select 'categories' as table_name, count(*) as removed_rows from gone_categories
union all
select 'receipts' as table_name, count(*) as removed_rows from gone_receipts
union all
select 'receipt_items' as table_name, count(*) as removed_rows from gone_receipt_items
union all
select 'receipt_payments' as table_name, count(*) as removed_rows from gone_receipt_payments
union all
select 'sales' as table_name, count(*) as removed_rows from gone_sales
union all
select 'reconciliation' as table_name, count(*) as removed_rows from gone_reconciliation;
