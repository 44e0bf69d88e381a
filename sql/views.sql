-- current_<table>: the rows that iiko still has, for every table that the tap reads again and again.
-- A row is gone at the source when its partition (a business day of a server, or a whole table) was loaded well after
-- it was read. Apply once after the first load, and again after an update of the tap:
--     make views            or            PGOPTIONS='-c search_path=iiko' psql … -f sql/views.sql

create or replace view last_loads as
select server_id, stream, business_date, max(synced_at) as synced_at
from sync_log
where status in ('loaded', 'empty')
group by server_id, stream, business_date;

create or replace view current_servers as
select t.*
from servers t
left join last_loads l on l.stream = 'servers' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_departments as
select t.*
from departments t
left join last_loads l on l.stream = 'departments' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_stores as
select t.*
from stores t
left join last_loads l on l.stream = 'stores' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_product_groups as
select t.*
from product_groups t
left join last_loads l on l.stream = 'product_groups' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_products as
select t.*
from products t
left join last_loads l on l.stream = 'products' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_product_modifiers as
select t.*
from product_modifiers t
left join last_loads l on l.stream = 'product_modifiers' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_categories as
select t.*
from categories t
left join last_loads l on l.stream = 'categories' and l.server_id = t.server_id and l.business_date is null
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_receipts as
select t.*
from receipts t
left join last_loads l on l.stream = 'receipts' and l.server_id = t.server_id and l.business_date = t.business_date
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_receipt_items as
select t.*
from receipt_items t
left join last_loads l on l.stream = 'receipt_items' and l.server_id = t.server_id and l.business_date = t.business_date
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_receipt_payments as
select t.*
from receipt_payments t
left join last_loads l on l.stream = 'receipt_payments' and l.server_id = t.server_id and l.business_date = t.business_date
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_sales as
select t.*
from sales t
left join last_loads l on l.stream = 'sales' and l.server_id = t.server_id and l.business_date = t.business_date
where l.synced_at is null or t.synced_at >= l.synced_at;

create or replace view current_reconciliation as
select t.*
from reconciliation t
left join last_loads l on l.stream = 'reconciliation' and l.server_id = t.server_id and l.business_date = t.business_date
where l.synced_at is null or t.synced_at >= l.synced_at;

