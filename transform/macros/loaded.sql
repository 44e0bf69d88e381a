{#- A view of a table that not everybody loads: without the table it has no rows, and what is built of it neither.
    Which columns are used of it, with their types. A table without its view is a mistake: make views was not run again.
    The database is asked, not dbt's list of relations, which another thread may just be filling. -#}
{% macro if_loaded(table, columns) %}
    {%- set view = source('iiko', 'current_' ~ table) %}
    {%- if not execute or is_there(view) %}
        {{- view }}
    {%- elif is_there(source('iiko', table)) %}
        {{- exceptions.raise_compiler_error('current_' ~ table ~ ' is missing: run make views') }}
    {%- else -%}
        (select {% for name, type in columns.items() %}null::{{ type }} as {{ name }}{{ ', ' if not loop.last }}{% endfor %} where false)
    {%- endif %}
{% endmacro %}

{% macro is_there(relation) %}
    {{- return(run_query("select to_regclass('" ~ relation ~ "') is not null").columns[0].values()[0]) }}
{% endmacro %}
