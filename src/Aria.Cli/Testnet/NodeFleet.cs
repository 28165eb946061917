namespace Aria.Cli.Testnet;

/// <summary>All node processes of a testnet.</summary>
internal sealed class NodeFleet(IReadOnlyList<NodeProcess> nodes) : IAsyncDisposable
{
    public IReadOnlyList<NodeProcess> Nodes => nodes;

    public NodeProcess? Find(string name) => nodes.FirstOrDefault(node => node.Name == name);

    public NodeProcess? Find(NodeId id) => nodes.FirstOrDefault(node => node.Id == id);

    /// <summary>Starts every process; none waits for another.</summary>
    public void Start()
    {
        foreach (NodeProcess node in nodes)
        {
            node.Start();
        }
    }

    /// <summary>Returns when every node is ready; fails with the first that ends instead.</summary>
    /// <exception cref="NodeExitedException">A process ended.</exception>
    public async Task WhenReadyAsync(CancellationToken cancellationToken)
    {
        List<Task<string>> waiting = [.. nodes.Select(node => node.Ready)];
        while (waiting.Count > 0)
        {
            Task<string> next = await Task.WhenAny(waiting).WaitAsync(cancellationToken);
            await next;
            waiting.Remove(next);
        }
    }

    /// <summary>Cuts every lifeline at once; returns the nodes that had to be killed after <paramref name="patience"/>.</summary>
    public async Task<IReadOnlyList<string>> StopAsync(TimeSpan patience)
    {
        bool[] willing = await Task.WhenAll(nodes.Select(node => node.StopAsync(patience)));
        return [.. nodes.Where((_, index) => !willing[index]).Select(node => node.Name)];
    }

    /// <summary>Kills every process without waiting.</summary>
    public void KillNow()
    {
        foreach (NodeProcess node in nodes)
        {
            node.KillNow();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in nodes)
        {
            await node.DisposeAsync();
        }
    }
}
