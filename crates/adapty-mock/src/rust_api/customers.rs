//! Customers in short.

use crate::app::{App, customers::CustomerAccess, state::State};

/// Customers in short.
impl App {
    /// Gives a customer a whole profile with access to these levels, in the place of the one they had.
    ///
    /// # Panics
    ///
    /// When the id or a level's is empty, something expired or was refunded in the future, or there is no room.
    #[track_caller]
    pub fn put_customer(&self, customer_user_id: &str, access: &[(&str, CustomerAccess)]) {
        let access: Vec<_> =
            access.iter().map(|(level, access)| ((*level).to_owned(), *access)).collect();
        if let Err(what) = self.command(|state| state.put_customer(customer_user_id, &access)) {
            panic!("{what}");
        }
    }

    /// Gives the app ten customers, whose ids are `active`, `lifetime`, `expired`, `trial`, `in_grace`,
    /// `billing_issue`, `cancelled`, `refunded`, `future` and `never_bought`.
    ///
    /// # Panics
    ///
    /// When there is no room, or a date is beyond the year 9999.
    #[track_caller]
    pub fn put_persons(&self) {
        if let Err(what) = self.command(State::put_persons) {
            panic!("{what}");
        }
    }
}
