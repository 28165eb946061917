using System.Net;
using System.Net.Sockets;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Tests.Transports;

/// <summary>Names to addresses, over a table in place of a name server.</summary>
public sealed class AddressResolutionTests
{
    private const string One = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";
    private const string Two = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5";

    private readonly Table _table = new();

    [Fact]
    public async Task ANameOfEachFamily_BecomesItsAddresses()
    {
        _table.Addresses["both.example"] = ["192.0.2.1", "2001:db8::1"];
        Assert.Equal(["/ip4/192.0.2.1/tcp/1"], await ResolveAsync("/dns4/both.example/tcp/1"));
        Assert.Equal([$"/ip6/2001:db8::1/tcp/1/p2p/{One}"], await ResolveAsync($"/dns6/both.example/tcp/1/p2p/{One}"));
        Assert.Equal(["/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/tcp/1"], await ResolveAsync("/dns/both.example/tcp/1"));
        Assert.Empty(await ResolveAsync("/dns4/none.example/tcp/1"));
    }

    [Fact]
    public async Task WhatBeginsWithNoName_AndWhatIsRelayed_StaysAsItIs()
    {
        Assert.Equal(["/ip4/192.0.2.1/tcp/1"], await ResolveAsync("/ip4/192.0.2.1/tcp/1"));
        Assert.Equal([$"/dns4/x/tcp/1/p2p/{One}/p2p-circuit"], await ResolveAsync($"/dns4/x/tcp/1/p2p/{One}/p2p-circuit"));
        Assert.Equal(0, _table.Lookups);
    }

    [Fact]
    public async Task Dnsaddr_LeadsToThoseThatEndAlike_ThroughOthers()
    {
        _table.Texts["_dnsaddr.net.example"] =
        [
            $"dnsaddr=/ip4/192.0.2.1/tcp/1/p2p/{One}", $"dnsaddr=/dns4/two.example/tcp/2/p2p/{Two}", $"dnsaddr=/dnsaddr/more.example/p2p/{Two}",
            "dnsaddr=/no/such", "v=spf1 -all", $"/ip4/192.0.2.9/tcp/9/p2p/{One}",
        ];
        _table.Texts["_dnsaddr.more.example"] = [$"dnsaddr=/ip4/192.0.2.3/tcp/3/p2p/{Two}", $"dnsaddr=/ip4/192.0.2.4/tcp/4/p2p/{One}"];
        _table.Addresses["two.example"] = ["192.0.2.2"];
        Assert.Equal(
            [$"/ip4/192.0.2.1/tcp/1/p2p/{One}", $"/ip4/192.0.2.2/tcp/2/p2p/{Two}", $"/ip4/192.0.2.3/tcp/3/p2p/{Two}"],
            (await ResolveAsync("/dnsaddr/net.example")).Order(StringComparer.Ordinal));
        Assert.Equal(
            [$"/ip4/192.0.2.2/tcp/2/p2p/{Two}", $"/ip4/192.0.2.3/tcp/3/p2p/{Two}"],
            (await ResolveAsync($"/dnsaddr/net.example/p2p/{Two}")).Order(StringComparer.Ordinal));
        Assert.Equal([$"/ip4/192.0.2.1/tcp/1/p2p/{One}"], await ResolveAsync($"/dnsaddr/net.example/p2p/{One}"));
    }

    [Fact]
    public async Task ACircle_AndAFlood_End()
    {
        _table.Texts["_dnsaddr.a.example"] = ["dnsaddr=/dnsaddr/b.example", "dnsaddr=/ip4/192.0.2.1/tcp/1"];
        _table.Texts["_dnsaddr.b.example"] = ["dnsaddr=/dnsaddr/a.example"];
        Assert.Equal(["/ip4/192.0.2.1/tcp/1"], await ResolveAsync("/dnsaddr/a.example"));
        Assert.Equal(AddressResolution.MaxDepth, _table.Lookups);

        _table.Lookups = 0;
        _table.Texts["_dnsaddr.flood.example"] =
            [.. Enumerable.Range(0, 200).Select(i => $"dnsaddr=/ip4/192.0.2.1/tcp/{i + 1}"), .. Enumerable.Range(0, 200).Select(i => $"dnsaddr=/dnsaddr/{i}.example")];
        Assert.Equal(AddressResolution.MaxAddresses, (await ResolveAsync("/dnsaddr/flood.example")).Count());
        _table.Texts["_dnsaddr.tree.example"] = [.. Enumerable.Range(0, 200).Select(i => $"dnsaddr=/dnsaddr/{i}.example")];
        _table.Lookups = 0;
        Assert.Empty(await ResolveAsync("/dnsaddr/tree.example"));
        Assert.InRange(_table.Lookups, 2, AddressResolution.MaxLookups);
    }

    [Fact]
    public async Task AFailure_IsToldOnlyWhereNothingWasFound()
    {
        _table.Failing.Add("_dnsaddr.down.example");
        await Assert.ThrowsAsync<NameNotResolvedException>(() => ResolveAsync("/dnsaddr/down.example"));
        _table.Texts["_dnsaddr.half.example"] = ["dnsaddr=/dnsaddr/down.example", "dnsaddr=/ip4/192.0.2.1/tcp/1"];
        Assert.Equal(["/ip4/192.0.2.1/tcp/1"], await ResolveAsync("/dnsaddr/half.example"));
    }

    private async Task<IEnumerable<string>> ResolveAsync(string address) =>
        (await new AddressResolution(_table).ResolveAsync(Multiaddress.Parse(address), TestContext.Current.CancellationToken)).Select(one => one.ToString());

    private sealed class Table : INameResolver
    {
        public Dictionary<string, string[]> Addresses { get; } = [];

        public Dictionary<string, string[]> Texts { get; } = [];

        public HashSet<string> Failing { get; } = [];

        public int Lookups { get; set; }

        public Task<IReadOnlyList<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken)
        {
            Lookups++;
            return Task.FromResult<IReadOnlyList<IPAddress>>([.. Addresses.GetValueOrDefault(name, []).Select(IPAddress.Parse)]);
        }

        public Task<IReadOnlyList<string>> TextsAsync(string name, CancellationToken cancellationToken)
        {
            Lookups++;
            return Failing.Contains(name) ? throw new NameNotResolvedException(name) : Task.FromResult<IReadOnlyList<string>>(Texts.GetValueOrDefault(name, []));
        }
    }
}
