//! Whose calls are those of a number: the called number alone decides the workspace, before there is one.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::phone_numbers::COLUMNS;
use crate::rows::PhoneNumber;
use crate::{StoreError, Tx};

/// The row that takes the calls of this number, in whichever workspace; it may be switched off.
pub async fn taking_calls<C: ConnectionTrait>(connection: &C, number: &str) -> Result<Option<PhoneNumber>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM phone_numbers WHERE number = $1 AND takes_calls");
    let select = Statement::from_sql_and_values(connection.get_database_backend(), sql, [number.into()]);
    Ok(PhoneNumber::find_by_statement(select).one(connection).await?)
}

/// After the row that took them is gone, the calls of a number go to whoever added it next.
pub async fn hand_over(tx: &Tx, number: &str, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE phone_numbers SET takes_calls = TRUE, updated_at = $2 WHERE number = $1 AND NOT EXISTS \
         (SELECT 1 FROM phone_numbers other WHERE other.number = $1 AND other.takes_calls) \
         AND id = (SELECT next.id FROM phone_numbers next WHERE next.number = $1 ORDER BY next.created_at, next.id LIMIT 1)";
    let update = Statement::from_sql_and_values(tx.get_database_backend(), sql, [number.into(), at.into()]);
    tx.execute_raw(update).await?;
    Ok(())
}
