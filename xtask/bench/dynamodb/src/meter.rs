//! What requests cost: an interceptor that asks DynamoDB for the units of each, and adds them up.

use std::sync::{Arc, Mutex, PoisonError};

use kvs_dynamodb::aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use kvs_dynamodb::aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use kvs_dynamodb::aws_sdk_dynamodb::error::BoxError;
use kvs_dynamodb::aws_sdk_dynamodb::operation::{
    batch_get_item, batch_write_item, delete_item, get_item, put_item, query, transact_write_items, update_item,
};
use kvs_dynamodb::aws_sdk_dynamodb::types::ReturnConsumedCapacity;

/// Requests, and the units that DynamoDB says they took.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) requests: u32,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
}

/// Counts for all clients that have it; clones share the count.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meter(Arc<Mutex<Cost>>);

impl Meter {
    /// What was counted since the last time.
    pub(crate) fn take(&self) -> Cost {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, reads: bool, units: f64) {
        let mut cost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cost.requests += 1;
        if reads {
            cost.read_units += units;
        } else {
            cost.write_units += units;
        }
    }
}

macro_rules! operations {
    ($($module:ident $input:ident $output:ident $reads:literal $units:expr;)*) => {
        impl Intercept for Meter {
            fn name(&self) -> &'static str {
                "Meter"
            }

            fn modify_before_serialization(
                &self,
                context: &mut BeforeSerializationInterceptorContextMut<'_>,
                _components: &RuntimeComponents,
                _config: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                let input = context.input_mut();
                $(if let Some(input) = input.downcast_mut::<$module::$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                })*
                Ok(())
            }

            fn read_after_deserialization(
                &self,
                context: &AfterDeserializationInterceptorContextRef<'_>,
                _components: &RuntimeComponents,
                _config: &mut ConfigBag,
            ) -> Result<(), BoxError> {
                if let Ok(output) = context.output_or_error() {
                    $(if let Some(output) = output.downcast_ref::<$module::$output>() {
                        let units: fn(&$module::$output) -> f64 = $units;
                        self.add($reads, units(output));
                    })*
                }
                Ok(())
            }
        }
    };
}

operations! {
    get_item GetItemInput GetItemOutput true
        |output| output.consumed_capacity.iter().filter_map(|used| used.capacity_units).sum();
    query QueryInput QueryOutput true
        |output| output.consumed_capacity.iter().filter_map(|used| used.capacity_units).sum();
    batch_get_item BatchGetItemInput BatchGetItemOutput true
        |output| output.consumed_capacity().iter().filter_map(|used| used.capacity_units).sum();
    put_item PutItemInput PutItemOutput false
        |output| output.consumed_capacity.iter().filter_map(|used| used.capacity_units).sum();
    update_item UpdateItemInput UpdateItemOutput false
        |output| output.consumed_capacity.iter().filter_map(|used| used.capacity_units).sum();
    delete_item DeleteItemInput DeleteItemOutput false
        |output| output.consumed_capacity.iter().filter_map(|used| used.capacity_units).sum();
    batch_write_item BatchWriteItemInput BatchWriteItemOutput false
        |output| output.consumed_capacity().iter().filter_map(|used| used.capacity_units).sum();
    transact_write_items TransactWriteItemsInput TransactWriteItemsOutput false
        |output| output.consumed_capacity().iter().filter_map(|used| used.capacity_units).sum();
}
