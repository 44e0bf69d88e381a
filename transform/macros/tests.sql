{#- A key, of which null is a value where the column may be empty: a department, a waiter, an hour may be unknown; what else
    is never null; and what holds of every row. One test and not one a column: each has a connection of its own, which
    costs more than its query. -#}
{% test rows_are_sound(model, key, may_be_null=[], never_null=[], always=[]) %}
    select {{ key | join(', ') }}, count(*) as times
    from {{ model }}
    group by {{ key | join(', ') }}
    having
        count(*) > 1
        {%- for column in key + never_null if column not in may_be_null %}
        or count({{ column }}) < count(*)
        {%- endfor %}
        {%- for condition in always %}
        or bool_or(not ({{ condition }}))
        {%- endfor %}
{% endtest %}

{#- Fails by the name that tells the remedy: run make views. Of sync_log, on which every model rests that needs a view. -#}
{% test make_views_has_made(model, views) %}
    select name as missing
    from unnest(array['{{ views | join("', '") }}']) as name
    where to_regclass('{{ model.include(identifier=false) }}.' || name) is null
{% endtest %}
