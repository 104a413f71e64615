//! Lists of people and places: what their parameters mean, and the page that comes of it.

use axum::Json;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use patchcord_app::people::{After, Listed, Listing, Slice, Sort};
use patchcord_app::{Answered, AppError, Shape};
use patchcord_domain::FieldError;
use patchcord_domain::ticket_input::Faults;

use crate::error::ApiError;
use crate::name_paging::{WantedByName, cursor_by_name, no_cursor};
use crate::paging::Page;
use crate::routes::answered;

/// Most values of one filter.
const VALUES_MAX: usize = 50;

/// The order that was asked for; by name when none was.
pub(crate) fn order(faults: &mut Faults, sort: Option<&str>) -> Slice {
    order_by(faults, sort, "name")
}

/// The same for rows that are named by another field.
pub(crate) fn order_by(faults: &mut Faults, sort: Option<&str>, name: &str) -> Slice {
    let order = sort.unwrap_or(name);
    let (key, descending) = order.strip_prefix('-').map_or((order, false), |key| (key, true));
    let allowed = format!("{name}, createdAt, updatedAt, each with - before it for the largest first");
    let known = match key {
        key if key == name => "name",
        // Of rows that have no such field.
        "name" => "",
        key => key,
    };
    let sort = faults.one_of("sort", known, sort_key, &allowed).unwrap_or_default();
    Slice { sort, descending, ..Slice::default() }
}

fn sort_key(text: &str) -> Option<Sort> {
    match text {
        "name" => Some(Sort::Name),
        "createdAt" => Some(Sort::CreatedAt),
        "updatedAt" => Some(Sort::UpdatedAt),
        _ => None,
    }
}

/// Words to look for; none when there is nothing to read in them.
pub(crate) fn words(faults: &mut Faults, q: Option<&str>) -> Option<String> {
    q.map(|q| faults.text("q", q, 0, 200)).filter(|q| !q.is_empty())
}

/// Values of a filter that is repeated, or written with commas.
pub(crate) fn each<'v>(faults: &mut Faults, field: &str, values: &'v [String]) -> Vec<&'v str> {
    let all = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty());
    let all: Vec<&str> = all.take(VALUES_MAX + 1).collect();
    if all.len() > VALUES_MAX {
        faults.add(field, format!("takes at most {VALUES_MAX} values"));
    }
    all
}

/// Ids of a filter.
pub(crate) fn ids(faults: &mut Faults, field: &str, values: &[String]) -> Vec<String> {
    let all = each(faults, field, values);
    all.into_iter().inspect(|text| faults.id(field, text)).map(str::to_owned).collect()
}

/// The order with the part of the list that was asked for.
pub(crate) fn part(order: Slice, page: &WantedByName) -> Result<Slice, ApiError> {
    let after = page.after.clone().map(|(value, id)| match order.sort {
        Sort::Name => Ok(After::Name(value, id)),
        Sort::CreatedAt | Sort::UpdatedAt => value.parse().map(|at| After::At(at, id)).map_err(|_| no_cursor()),
    });
    Ok(Slice { after: after.transpose()?, limit: page.limit, offset: page.offset, ..order })
}

/// The page that was found.
pub(crate) fn page<T: Listed, R: for<'t> From<&'t T>>(
    found: &Listing<T>,
    asked: &WantedByName,
    sort: Sort,
) -> Json<Page<R>> {
    let next = |row: &T| match row.place(sort) {
        After::Name(name, id) => cursor_by_name(&name, &id),
        After::At(at, id) => cursor_by_name(&at.to_string(), &id),
    };
    Json(Page {
        items: found.rows.iter().map(R::from).collect(),
        limit: asked.limit,
        offset: asked.offset,
        has_more: found.has_more,
        next_cursor: found.rows.last().filter(|_| found.has_more).map(next),
        total: found.total,
    })
}

/// The filters of an export, which has no pages.
pub(crate) fn whole<Q>(query: Result<Q, Vec<FieldError>>, has_page: bool) -> Result<Q, ApiError> {
    let (query, mut wrong) = match query {
        Ok(query) => (Some(query), Vec::new()),
        Err(wrong) => (None, wrong),
    };
    if has_page {
        let message = "an export has no pages: leave limit, offset, page, cursor and count out";
        wrong.push(FieldError::new("limit", message));
    }
    query.filter(|_| wrong.is_empty()).ok_or_else(|| AppError::Invalid(wrong).into())
}

/// The answer to a creation: the row, and where it is from now on.
pub(crate) fn created<T>(done: &Answered<T>, shape: Shape<T>, path: &str) -> Response {
    let mut response = answered(done, shape);
    let body = match done {
        Answered::New(value) => shape(value).1,
        Answered::Again(_, body) => body.clone(),
    };
    let id = body["id"].as_str().unwrap_or_default();
    if let Ok(location) = HeaderValue::from_str(&format!("{path}/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
