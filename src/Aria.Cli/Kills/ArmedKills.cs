using Aria.Scheduling;

namespace Aria.Cli.Kills;

/// <summary>
/// Kills that wait for a token. An order takes the first request that has not passed its token yet, that is the running one or the
/// next, and stays with it: when that request has produced the token, the node dies before the token is released.
/// </summary>
/// <param name="kill">Kills a node of ours at once and returns its pid when the process is gone; null when it is none of ours.</param>
internal sealed class ArmedKills(Func<NodeId, Task<int?>> kill)
{
    /// <summary>Orders that may wait at the same time.</summary>
    public const int MaxOrders = 16;

    private readonly Lock _gate = new();
    private readonly List<Order> _orders = [];

    /// <summary>Gives an order; the task ends with it, or with <paramref name="cancellationToken"/>, which withdraws it. Null when too many wait.</summary>
    public Task<KillOutcome>? Arm(KillTarget target, int token, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(token);
        Order order = new(target, token);
        lock (_gate)
        {
            if (_orders.Count == MaxOrders)
            {
                return null;
            }

            _orders.Add(order);
        }

        return AwaitAsync(order, cancellationToken);
    }

    /// <summary>Called with each token before it is released; returns when the kills that wait for it are done.</summary>
    public async ValueTask BeforeReleaseAsync(JobId job, int token, PipelinePlan plan)
    {
        List<Order>? due = null;
        lock (_gate)
        {
            foreach (Order order in _orders)
            {
                if (order.Job is null && token <= order.Token)
                {
                    order.Job = job;
                }

                if (order.Job == job)
                {
                    order.Seen = token;
                    if (token == order.Token || order.Target.In(plan) is null)
                    {
                        (due ??= []).Add(order);
                    }
                }
            }

            due?.ForEach(order => _orders.Remove(order));
        }

        foreach (Order order in due ?? [])
        {
            await ExecuteAsync(order, plan);
        }
    }

    /// <summary>Called when a request has ended, however it did.</summary>
    public void Ended(JobId job)
    {
        lock (_gate)
        {
            foreach (Order order in _orders.Where(order => order.Job == job).ToList())
            {
                _orders.Remove(order);
                order.Outcome.TrySetResult(new KillOutcome.EndedBefore(order.Seen));
            }
        }
    }

    private async Task ExecuteAsync(Order order, PipelinePlan plan)
    {
        try
        {
            bool done = order.Target.In(plan) is { } node && await kill(node) is { } pid && order.Outcome.TrySetResult(new KillOutcome.Killed(node, pid, order.Token));
            if (!done)
            {
                order.Outcome.TrySetResult(new KillOutcome.NotInPlan(plan));
            }
        }
        catch (Exception e)
        {
            order.Outcome.TrySetException(e);          // belongs to whoever gave the order, not to the request
        }
    }

    private async Task<KillOutcome> AwaitAsync(Order order, CancellationToken cancellationToken)
    {
        try
        {
            return await order.Outcome.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _orders.Remove(order);
            }
        }
    }

    private sealed class Order(KillTarget target, int token)
    {
        public KillTarget Target { get; } = target;

        public int Token { get; } = token;

        public JobId? Job { get; set; }

        public int Seen { get; set; }

        public TaskCompletionSource<KillOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
