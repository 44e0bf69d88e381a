{%- set transactions = if_loaded('transactions', {
    'server_id': 'text', 'business_date': 'date', 'account_id': 'uuid', 'account_name': 'text', 'account_code': 'text',
    'account_type': 'text', 'account_group': 'text', 'department': 'text', 'sum_incoming': 'numeric',
    'sum_outgoing': 'numeric', 'synced_at': 'timestamp',
}) -%}
{%- set accounts = if_loaded('accounts', {
    'server_id': 'text', 'id': 'uuid', 'name': 'text', 'code': 'text', 'account_parent_id': 'uuid',
}) -%}
-- The rows whose own account is one of income or expenses: the other side of a posting lies elsewhere, or is a row too.
with months as (
    select
        server_id,
        date_trunc('month', business_date)::date as month,
        account_id,
        department,
        max(account_name) as account_name,
        max(account_code) as account_code,
        max(account_type) as account_type,
        sum(coalesce(sum_outgoing, 0) - coalesce(sum_incoming, 0)) as profit,
        max(synced_at) as version
    from {{ transactions }} as postings
    where account_group = 'INCOME_EXPENSES'
    group by server_id, date_trunc('month', business_date), account_id, department
)

select
    months.server_id,
    months.month,
    months.account_id,
    coalesce(accounts.code, months.account_code) as account_code,
    coalesce(accounts.name, months.account_name) as account,
    above.name as parent_account,
    months.account_type,
    months.department,
    case when months.account_type in ('INCOME', 'OTHER_INCOME') then months.profit else -months.profit end as sum,
    months.profit,
    months.version
from months
left join {{ accounts }} as accounts
    on accounts.server_id = months.server_id and accounts.id = months.account_id
left join {{ accounts }} as above
    on above.server_id = accounts.server_id and above.id = accounts.account_parent_id
