using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Transports;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Aria.Libp2p.Tests.Transports;

/// <summary>Against a name server of the test's own on the loopback interface.</summary>
public sealed class DnsNameResolverTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddressesAndTexts_AlsoBehindAliases_AreFound()
    {
        await using Server server = new(question => question switch
        {
            { Name: "a.example", Type: DnsType.A } => [DnsRecord.Alias("A.example", "b.example", 1), DnsRecord.Of("b.example", IPAddress.Parse("192.0.2.1"), 1), DnsRecord.Of("c.example", IPAddress.Loopback, 1)],
            { Name: "a.example", Type: DnsType.Aaaa } => [DnsRecord.Of("a.example", IPAddress.Parse("2001:db8::1"), 1)],
            { Name: "a.example", Type: DnsType.Txt } => [DnsRecord.Text("a.example", ["one "u8.ToArray(), "text"u8.ToArray()], 1), DnsRecord.Text("a.example", ["another"u8.ToArray()], 1)],
            _ => null,
        });
        DnsNameResolver names = new([server.EndPoint], new(), new FakeTimeProvider());
        Assert.Equal(["192.0.2.1"], (await names.AddressesAsync("a.example.", AddressFamily.InterNetwork, Stop)).Select(one => one.ToString()));
        Assert.Equal(["2001:db8::1", "192.0.2.1"], (await names.AddressesAsync("a.example", AddressFamily.Unspecified, Stop)).Select(one => one.ToString()));
        Assert.Equal(["one text", "another"], await names.TextsAsync("a.example", Stop));
        Assert.Empty(await names.TextsAsync("nobody.example", Stop));
    }

    [Fact]
    public async Task AnAnswerTooLongForADatagram_IsFetchedOverTcp()
    {
        byte[][] texts = [.. Enumerable.Range(0, 30).Select(i => Encoding.ASCII.GetBytes(new string((char)('a' + (i % 26)), 250)))];
        await using Server server = new(_ => [DnsRecord.Text("long.example", texts, 1)]);
        string text = Assert.Single(await new DnsNameResolver([server.EndPoint], new(), new FakeTimeProvider()).TextsAsync("long.example", Stop));
        Assert.Equal(30 * 250, text.Length);
    }

    [Fact]
    public async Task AServerThatFails_OrIsSilent_IsPassedOver_AndForgeriesAreNotHeard()
    {
        // Time passes when the silent one is asked, and only then.
        FakeTimeProvider time = new();
        DnsOptions options = new();
        await using Server failing = new(_ => [], code: 2), honest = new(_ => [DnsRecord.Text("x.example", ["yes"u8.ToArray()], 1)], forges: true);
        await using Server silent = new(_ => [], onUnanswered: () => time.Advance(options.AnswerTimeout));
        DnsNameResolver names = new([failing.EndPoint, silent.EndPoint, honest.EndPoint], options, time);
        Assert.Equal(["yes"], await names.TextsAsync("x.example", Stop));
        DnsNameResolver none = new([failing.EndPoint, silent.EndPoint], options, time);
        Assert.Contains("did not answer", (await Assert.ThrowsAsync<NameNotResolvedException>(() => none.TextsAsync("x.example", Stop))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NameNotResolvedException>(() => none.TextsAsync("no..name", Stop));
    }

    [Fact]
    public async Task APeer_IsDialedByItsName_ThroughDnsaddrAndDns4()
    {
        using Identity here = Identity.Generate(), there = Identity.Generate();
        await using LocalPeer listener = new(there, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance);
        Multiaddress bound = await listener.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        string port = bound.Parts[1].Value;
        await using Server server = new(question => question switch
        {
            { Name: "_dnsaddr.net.example", Type: DnsType.Txt } =>
                [DnsRecord.Text(question.Name, [Encoding.ASCII.GetBytes($"dnsaddr=/dns4/node.example/tcp/{port}/p2p/{listener.Id}")], 1), DnsRecord.Text(question.Name, [Encoding.ASCII.GetBytes($"dnsaddr=/ip4/192.0.2.1/tcp/1/p2p/{here.PeerId}")], 1)],
            { Name: "node.example", Type: DnsType.A } => [DnsRecord.Of(question.Name, IPAddress.Loopback, 1)],
            _ => null,
        });
        DnsNameResolver names = new([server.EndPoint], new(), new FakeTimeProvider());
        await using LocalPeer dialer = new(here, [new TcpTransport()], new(), TimeProvider.System, NullLoggerFactory.Instance, names);
        Multiaddress named = Multiaddress.Parse($"/dnsaddr/net.example/p2p/{listener.Id}");
        Assert.Equal(listener.Id, await dialer.ConnectAsync(named, Stop));
        Assert.Equal(bound.WithoutPeer(), Assert.Single(dialer.ConnectionsTo(listener.Id)).RemoteAddress);
        Assert.Contains(named, dialer.AddressesOf(listener.Id));

        PeerId other = PeerId.FromEd25519(new byte[32]);
        await Assert.ThrowsAsync<DialFailedException>(() => dialer.ConnectAsync(Multiaddress.Parse($"/dnsaddr/net.example/p2p/{other}"), Stop));
        await Assert.ThrowsAsync<PeerMismatchException>(() => dialer.ConnectAsync(Multiaddress.Parse($"/dns4/node.example/tcp/{port}/p2p/{other}"), Stop));
    }

    /// <summary>Answers by a table over UDP and TCP on one port, null meaning that there is no such name; with <c>onUnanswered</c> it calls that instead.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private const int MaxDatagramBytes = 512;

        private readonly Func<DnsQuestion, DnsRecord[]?> _answer;
        private readonly int _code;
        private readonly Action? _onUnanswered;
        private readonly bool _forges;
        private readonly CancellationTokenSource _stop = new();
        private readonly Socket _tcp = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly Task _running;

        public Server(Func<DnsQuestion, DnsRecord[]?> answer, int code = 0, Action? onUnanswered = null, bool forges = false)
        {
            (_answer, _code, _onUnanswered, _forges) = (answer, code, onUnanswered, forges);
            while (true)
            {
                try
                {
                    _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                    EndPoint = (IPEndPoint)_udp.LocalEndPoint!;
                    _tcp.Bind(EndPoint);
                    break;
                }
                catch (SocketException)
                {
                    _udp.Dispose();
                    _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                }
            }

            _tcp.Listen();
            _running = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
        }

        public IPEndPoint EndPoint { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _udp.Dispose();
            _tcp.Dispose();
        }

        private DnsMessage Answer(ReadOnlySpan<byte> asked)
        {
            Assert.True(DnsMessage.TryDecode(asked, out DnsMessage? question));
            Assert.True(question is { IsResponse: false, WantsRecursion: true, Questions.Length: 1 });
            DnsRecord[]? found = _answer(question.Questions[0]);
            return question with { IsResponse = true, ResponseCode = found is null ? 3 : _code, Answers = [.. found ?? []] };
        }

        private async Task ServeUdpAsync()
        {
            byte[] buffer = new byte[MaxDatagramBytes];
            try
            {
                while (true)
                {
                    SocketReceiveFromResult asked = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                    if (_onUnanswered is not null)
                    {
                        _onUnanswered();
                        continue;
                    }

                    DnsMessage answer = Answer(buffer.AsSpan(0, asked.ReceivedBytes));
                    if (_forges)
                    {
                        DnsRecord[] forged = [DnsRecord.Text(answer.Questions[0].Name, ["no"u8.ToArray()], 1)];
                        await _udp.SendToAsync((answer with { Id = (ushort)(answer.Id + 1), Answers = [.. forged] }).Encode(), asked.RemoteEndPoint, _stop.Token);
                        await _udp.SendToAsync((answer with { Questions = [new("y.example", DnsType.Txt)], Answers = [.. forged] }).Encode(), asked.RemoteEndPoint, _stop.Token);
                        await _udp.SendToAsync((answer with { IsResponse = false, Answers = [.. forged] }).Encode(), asked.RemoteEndPoint, _stop.Token);
                        await _udp.SendToAsync(new byte[] { 1, 2, 3 }, asked.RemoteEndPoint, _stop.Token);
                    }

                    byte[] bytes = answer.Encode();
                    bytes = bytes.Length <= MaxDatagramBytes ? bytes : (answer with { IsTruncated = true, Answers = [] }).Encode();
                    await _udp.SendToAsync(bytes, asked.RemoteEndPoint, _stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }

        private async Task ServeTcpAsync()
        {
            try
            {
                while (true)
                {
                    using Socket accepted = await _tcp.AcceptAsync(_stop.Token);
                    using NetworkStream stream = new(accepted);
                    byte[] prefix = new byte[2];
                    await stream.ReadExactlyAsync(prefix, _stop.Token);
                    byte[] asked = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                    await stream.ReadExactlyAsync(asked, _stop.Token);
                    byte[] answer = Answer(asked).Encode();
                    BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. prefix, .. answer], _stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }
}
