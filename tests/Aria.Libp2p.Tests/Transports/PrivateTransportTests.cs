using System.IO.Pipelines;
using Aria.Libp2p.Transports;
using Aria.Testing.Interop;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aria.Libp2p.Tests.Transports;

/// <summary>Private networks by a pre-shared key.</summary>
public sealed class PrivateTransportTests
{
    private const string FileText = "/key/swarm/psk/1.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void AKeyFile_IsReadAndWritten()
    {
        Assert.True(PreSharedKey.TryParse(FileText, out PreSharedKey? key));
        Assert.Equal(Enumerable.Range(0, 32).Select(one => (byte)one), key.Bytes.ToArray());
        Assert.Equal(FileText, key.ToFileText());
        Assert.True(PreSharedKey.TryParse(FileText.ReplaceLineEndings("\r\n").TrimEnd(), out _));
        Assert.True(PreSharedKey.TryParse($"/key/swarm/psk/1.0.0/\n/base64/\n{Convert.ToBase64String(key.Bytes)}", out PreSharedKey? same));
        Assert.True(same.Bytes.SequenceEqual(key.Bytes));
        Assert.True(PreSharedKey.TryParse(PreSharedKey.Generate().ToFileText(), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\n0001")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base16/\nzz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [InlineData("/key/swarm/psk/1.0.0/\n/base64/\nAAEC")]
    [InlineData("/key/swarm/psk/1.0.0/\n/bin/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    [InlineData("/key/swarm/psk/2.0.0/\n/base16/\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")]
    public void WhatIsNoKeyFile_IsRefused(string text) => Assert.False(PreSharedKey.TryParse(text, out _));

    [Fact]
    public void AKeyFileOfBytes_IsRead()
    {
        byte[] secret = [.. Enumerable.Range(0, PreSharedKey.KeyBytes).Select(i => (byte)(i + 240))], head = [.. "/key/swarm/psk/1.0.0/\n/bin/\n"u8];
        Assert.True(PreSharedKey.TryParse([.. head, .. secret], out PreSharedKey? key));
        Assert.Equal(secret, key.Bytes.ToArray());
        Assert.True(PreSharedKey.TryParse([.. head, .. secret, (byte)'\n'], out _));
        Assert.False(PreSharedKey.TryParse([.. head, .. secret[1..]], out _));
        Assert.False(PreSharedKey.TryParse([.. head, .. secret, 0], out _));
        Assert.True(PreSharedKey.TryParse(System.Text.Encoding.ASCII.GetBytes(FileText), out PreSharedKey? text));
        Assert.True(PreSharedKey.TryParse(FileText, out key));
        Assert.Equal(key.Bytes.ToArray(), text.Bytes.ToArray());
        Assert.False(PreSharedKey.TryParse(new byte[100_000], out _));
    }

    // By another implementation of Salsa20 and SHAKE128.
    [Theory]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "41dfbf48d882a8ee665983adfa7a48f7")]
    [InlineData("e8d6d31e8e02000010d6d31e8e020000f0d1fc609400000078f0d31e8e020000", "9617fe6e5cf36739fd1284ada17201dd")]
    public void Fingerprint_NamesTheNetwork(string key, string fingerprint) =>
        Assert.Equal(fingerprint, Convert.ToHexStringLower(PreSharedKey.FromBytes(Convert.FromHexString(key)).Fingerprint()));

    [Fact]
    public async Task PeersWithTheKey_Connect()
    {
        PreSharedKey key = PreSharedKey.Generate();
        await using Member one = new(key), other = new(key);
        Multiaddress address = await one.Local.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        await other.Local.ConnectAsync(address, Stop);
        Assert.True(await other.Local.PingAsync(one.Local.Id, Stop) > TimeSpan.Zero);
    }

    [Fact]
    public async Task NothingReadable_IsOnTheWire()
    {
        MemoryNetwork network = new();
        MemoryTransport plain = new(network);
        await using ITransportListener listener = await plain.ListenAsync(Multiaddress.Parse("/memory/5"), Stop);
        PrivateTransport hidden = new(plain, PreSharedKey.Generate());
        await using TransportConnection sender = await hidden.DialAsync(Multiaddress.Parse("/memory/5"), Stop);
        await using TransportConnection? seen = await listener.AcceptAsync(Stop);
        byte[] line = "\x13/multistream/1.0.0\n"u8.ToArray();
        await sender.SendAsync(line, Stop);
        byte[] buffer = new byte[100];
        Assert.Equal(24 + line.Length, await seen!.ReceiveAsync(buffer, Stop));
        Assert.Equal(-1, buffer.AsSpan().IndexOf("multistream"u8));
    }

    [Theory]
    [InlineData(true, true, "another private network")]
    [InlineData(true, false, "no private network")]
    [InlineData(false, true, "")]
    public async Task AnotherKey_OrNone_IsToldApart(bool listenerIsPrivate, bool dialerIsPrivate, string reason)
    {
        await using Member listener = new(listenerIsPrivate ? PreSharedKey.Generate() : null), dialer = new(dialerIsPrivate ? PreSharedKey.Generate() : null);
        Multiaddress address = await listener.Local.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
        DialFailedException failure = await Assert.ThrowsAsync<DialFailedException>(() => dialer.Local.ConnectAsync(address, Stop));
        if (dialerIsPrivate)
        {
            // Which of the two depends on which bytes came before the other end hung up.
            Assert.True(failure.Message.Contains(reason.Length > 0 ? reason : "no private network", StringComparison.Ordinal)
                || failure.Message.Contains("before it proved the pre-shared key", StringComparison.Ordinal), failure.Message);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AJsPeerWithTheKey_Connects_AndOneWithAnotherDoesNot(bool jsDials)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), otherFile = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            PreSharedKey key = PreSharedKey.Generate();
            await File.WriteAllTextAsync(file, key.ToFileText(), Stop);
            await File.WriteAllTextAsync(otherFile, PreSharedKey.Generate().ToFileText(), Stop);
            await using JsPeer js = await JsPeer.StartAsync(Stop, "--psk", file), stranger = await JsPeer.StartAsync(Stop, "--psk", otherFile);
            await using Member local = new(key);
            Multiaddress address = await local.Local.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), Stop);
            if (jsDials)
            {
                await js.CallAsync("dial", new { addr = address.ToString() }, Stop);
                await js.CallAsync("ping", new { peer = local.Local.Id.ToString() }, Stop);
                await Assert.ThrowsAsync<JsPeerException>(() => stranger.CallAsync("dial", new { addr = address.ToString() }, Stop));
                return;
            }

            await local.Local.ConnectAsync(Multiaddress.Parse(js.Addresses[0]), Stop);
            Assert.True(await local.Local.PingAsync(PeerId.Parse(js.PeerId), Stop) > TimeSpan.Zero);
            byte[] sent = new byte[300_000];
            new Random(4).NextBytes(sent);
            await using PeerStream stream = await local.Local.OpenStreamAsync(PeerId.Parse(js.PeerId), JsPeer.EchoProtocol, Stop);
            Task writing = Task.Run(async () =>
            {
                await stream.Output.WriteAsync(sent, Stop);
                await stream.Output.CompleteAsync();
            }, Stop);
            using MemoryStream received = new();
            await stream.Input.CopyToAsync(received, Stop);
            await writing;
            Assert.Equal(sent, received.ToArray());
            await Assert.ThrowsAsync<DialFailedException>(() => local.Local.ConnectAsync(Multiaddress.Parse(stranger.Addresses[0]), Stop));
        }
        finally
        {
            File.Delete(file);
            File.Delete(otherFile);
        }
    }

    private sealed class Member : IAsyncDisposable
    {
        private readonly Identity _identity = Identity.Generate();

        public Member(PreSharedKey? key) =>
            Local = new(_identity, [key is null ? new TcpTransport() : new PrivateTransport(new TcpTransport(), key)], new() { DialTimeout = TimeSpan.FromMinutes(1), HandshakeTimeout = TimeSpan.FromMinutes(1) }, TimeProvider.System, NullLoggerFactory.Instance);

        public LocalPeer Local { get; }

        public async ValueTask DisposeAsync()
        {
            await Local.DisposeAsync();
            _identity.Dispose();
        }
    }
}
