-- Attendances, with whether they are work. One of an unknown type is.
select
    server_id,
    business_date,
    department_id,
    coalesce(salary_department_id, department_id) as paying_department_id,
    employee_id,
    date_to is null as is_open,
    coalesce(extract(epoch from date_to - date_from) / 3600, 0) as hours,
    coalesce(overtime_payed_minutes, 0) / 60.0 as overtime_hours,
    coalesce(regular_payment_sum, 0) as regular_pay,
    coalesce(overtime_payed_sum, 0) as overtime_pay,
    coalesce(other_payments_sum, 0) as other_pay,
    not exists (
        select
        from {{ if_loaded('attendance_types', {'server_id': 'text', 'id': 'uuid', 'code': 'text', 'status': 'boolean'}) }} as type
        where
            type.server_id = attendance.server_id
            and (
                type.id = attendance.attendance_type_id
                or (attendance.attendance_type_id is null and type.code = attendance.attendance_type)
            )
            and not type.status
    ) as is_work
from {{ if_loaded('attendances', {
    'server_id': 'text', 'business_date': 'date', 'department_id': 'uuid', 'salary_department_id': 'uuid',
    'employee_id': 'uuid', 'date_from': 'timestamp', 'date_to': 'timestamp', 'overtime_payed_minutes': 'bigint',
    'regular_payment_sum': 'numeric', 'overtime_payed_sum': 'numeric', 'other_payments_sum': 'numeric',
    'attendance_type_id': 'uuid', 'attendance_type': 'text',
}) }} as attendance
