//! Reads the columns of a row by their position. Lists of many rows with many empty columns are worth it: by name, each
//! column is looked up in a table, and each empty one makes an error text that nobody reads.

/// `by_position!(Row { field: "column", … } last)` makes `Row::COLUMNS`, the text of a SELECT with a comma after each column,
/// and reads rows of such a SELECT. `last` is for a column that the statement adds itself; a field after a semicolon is left
/// empty.
macro_rules! by_position {
    ($row:ident { $($field:ident: $column:literal),* $(,)? } $($last:ident)? $(; $empty:ident)?) => {
        impl $row {
            const COLUMNS: &str = concat!($($column, ", "),*);
        }

        impl sea_orm::FromQueryResult for $row {
            fn from_query_result(row: &sea_orm::QueryResult, _: &str) -> Result<Self, sea_orm::DbErr> {
                let failed = |error| sea_orm::DbErr::Query(sea_orm::RuntimeErr::SqlxError(std::sync::Arc::new(error)));
                $crate::by_position::read!(row.try_as_pg_row(), failed, $row { $($field,)* $($last)? } $($empty)?);
                $crate::by_position::read!(row.try_as_sqlite_row(), failed, $row { $($field,)* $($last)? } $($empty)?);
                Err(sea_orm::DbErr::Custom("the row is of neither engine".to_owned()))
            }
        }
    };
}

/// Returns the row, when it is one of that engine.
macro_rules! read {
    ($found:expr, $failed:ident, $row:ident { $($field:ident),* $(,)? } $($empty:ident)?) => {
        if let Some(row) = $found {
            let mut position = 0..;
            return Ok($row {
                $($field: sqlx::Row::try_get(row, position.next().unwrap_or(usize::MAX)).map_err($failed)?,)*
                $($empty: Default::default(),)?
            });
        }
    };
}

pub(crate) use {by_position, read};
