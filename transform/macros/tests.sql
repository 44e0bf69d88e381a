{#- A key, of which null is a value where the column may be empty: a department, a waiter, an hour may be unknown. And what
    else is never null. One test and not one a column: each has a connection of its own, which costs more than its query. -#}
{% test unique_together(model, columns, may_be_null=[], never_null=[]) %}
    select {{ columns | join(', ') }}, count(*) as times
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns + never_null if column not in may_be_null %}
        or count({{ column }}) < count(*)
        {%- endfor %}
{% endtest %}

{% test between(model, column_name, least, most) %}
    select {{ column_name }} from {{ model }} where {{ column_name }} not between {{ least }} and {{ most }}
{% endtest %}

{#- Fails by the name that tells the remedy: run make views. -#}
{% test make_views_has_made(model) %}
    select '{{ model }}' as missing where to_regclass('{{ model }}') is null
{% endtest %}
