//! Virtual currencies: coins and gems that customers earn and spend.

mod balance;
mod change;
mod transaction;
mod transaction_type;

pub use self::balance::{VirtualCurrencyBalance, VirtualCurrencyBalances};
pub use self::change::VirtualCurrencyChange;
pub use self::transaction::{
    CreatedVirtualCurrencyTransaction, CursorPagination, VirtualCurrencyTransaction,
    VirtualCurrencyTransactionItem, VirtualCurrencyTransactionPage,
};
pub use self::transaction_type::VirtualCurrencyTransactionType;
